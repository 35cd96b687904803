const hourMs = 3_600_000;

/** From now on this process's wall clock jumps by hours, forward and back, every `everyMs`. Timers stay steady. */
export function jumpClock(everyMs: number): void {
  const wall = Date.now;
  let offMs = 0;
  Date.now = () => wall() + offMs;
  setInterval(() => {
    offMs = Math.round((Math.random() - 0.5) * 24) * hourMs;
  }, everyMs).unref();
}
