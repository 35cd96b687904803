const secrets: readonly (readonly [RegExp, string])[] = [
  // User and password of a URL.
  [/(\w+:\/\/)(?!user:password@)[^\s/@]*@/g, "$1***@"],
  // A bot's token.
  [/\b(\d{3,}):[\w-]{20,}/g, "$1:***"],
];

/** Text without passwords in URLs and without bot tokens: nothing is printed that has not come through here. */
export function redacted(text: string): string {
  return secrets.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}
