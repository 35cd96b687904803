/**
 * Where the Redis of an example is that shows what only a Redis can.
 * @throws Error that says how to get one
 */
export function redisUrl(): string {
  const { REDIS_URL: url } = process.env;
  if (url) return url;
  throw new Error(
    "this example needs a Redis: start one (redis-server, or docker run -p 6379:6379 redis) and set REDIS_URL=redis://127.0.0.1:6379",
  );
}
