import assert from "node:assert/strict";
import { test } from "node:test";

import { KernelClock } from "../../nbstream/static/shared/kernelClock.js";

const S = 1000;

/** A clock, and the page's time in its hands. */
function start(context, at = 1_000_000) {
  context.mock.timers.enable({ apis: ["Date"], now: at });
  let slept = 0;
  context.mock.method(performance, "now", () => Date.now() - at - slept);
  return {
    clock: new KernelClock(),
    pass: (ms) => context.mock.timers.setTime(Date.now() + ms),
    set: (ms) => {
      slept += ms;
      context.mock.timers.setTime(Date.now() + ms);
    },
  };
}

test("the age of the data grows without messages and is never negative", (context) => {
  const { clock, pass } = start(context);
  clock.hear(5_000_000);
  assert.equal(clock.age(4_999_000), 1);
  pass(10 * S);
  assert.equal(clock.age(4_999_000), 11);
  assert.equal(clock.age(9_999_999), 0);
  assert.equal(clock.age(null), null);
});

test("a frame that comes late is late, the first one too", (context) => {
  const { clock, pass } = start(context);
  clock.hear(Date.now() - 53 * S);
  assert.equal(clock.lateness(), 53);
  assert.equal(clock.age(Date.now() - 54 * S), 54);
  pass(2 * S);
  assert.equal(clock.lateness(), 55);
  clock.hear(Date.now());
  assert.equal(clock.lateness(), 0);
});

for (const [what, behind] of [["behind", 90 * S], ["far behind", 5 * 3600 * S], ["ahead", -90 * S]]) {
  test(`a kernel whose clock is ${what} is not late once it has answered`, (context) => {
    const { clock, pass } = start(context, 1_700_000_000_000);
    const kernel = () => Date.now() - behind;
    clock.ask();
    pass(20);
    clock.hear(kernel(), true);
    assert.ok(clock.lateness() <= 0.02, `${clock.lateness()}`);
    const made = kernel();
    pass(7 * S);
    clock.hear(made);
    assert.ok(Math.abs(clock.lateness() - 7) < 0.03, `${clock.lateness()}`);
  });
}

test("a clock that is far off is not taken for a late frame, though the kernel has not answered", (context) => {
  const { clock } = start(context, 1_700_000_000_000);
  clock.hear(Date.now() - 3600 * S);
  assert.equal(clock.lateness(), 0);
});

test("a clock that is set, on either side, is measured anew", (context) => {
  const { clock, pass, set } = start(context, 1_700_000_000_000);
  let behind = 0;
  const exchange = () => {
    clock.ask();
    pass(10);
    clock.hear(Date.now() - behind, true);
  };
  exchange();
  behind = 300 * S; // the kernel's clock goes back
  exchange();
  assert.ok(clock.lateness() < 0.02, `${clock.lateness()}`);
  set(-300 * S); // the page's clock goes back too
  behind = 0;
  clock.hear(Date.now());
  assert.ok(clock.lateness() < 0.02, `${clock.lateness()}`);
});
