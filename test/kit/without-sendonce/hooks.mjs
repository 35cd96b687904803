const adapter = /^@sendonce\/(grammy|telegraf)(\/redis)?$/;
const examples = new URL("../../../examples/", import.meta.url).href;

/** An example that imports an adapter or core gets the stand-in, which guards nothing. */
export function resolve(specifier, context, next) {
  const replaced =
    context.parentURL?.startsWith(examples) && (specifier === "@sendonce/core" || adapter.test(specifier));
  return next(replaced ? new URL("./stand-in.ts", import.meta.url).href : specifier, context);
}
