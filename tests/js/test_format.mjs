import assert from "node:assert/strict";
import { test } from "node:test";

import { ageText } from "../../nbstream/static/shared/status.js";
import { countText, fieldText, lastedText, numberStyle, numberText, perPointText, rateText, readingsText, readNumber, readWindow } from "../../nbstream/static/shared/format.js";
import { linkNote } from "../../nbstream/static/shared/panel.js";

const shown = (values, previous = null) => {
  const style = numberStyle(previous, values);
  return values.map((value, i) => numberText(value, style, [0, 3, 4].includes(i)));
};

test("whole readings are shown whole, what is computed has three digits of the spread", () => {
  assert.deepEqual(shown([42, 49.617, 28.913, 1, 99]), ["42", "49.6", "28.9", "1", "99"]);
});

test("a small spread on a large offset keeps its digits", () => {
  assert.deepEqual(shown([1000000.00123, 1000000.001, 0.0004, 1000000, 1000000.002])[0], "1,000,000.001230");
});

test("a constant series has five digits", () => {
  assert.deepEqual(shown([20.5, 20.5, 0, 20.5, 20.5]), ["20.500", "20.500", "0.000", "20.500", "20.500"]);
});

test("values that are missing or not finite are a dash", () => {
  assert.deepEqual(shown([null, null, null, null, null]), ["–", "–", "–", "–", "–"]);
  assert.equal(numberText(NaN, numberStyle(null, [1, 1, 1, 1, 1])), "–");
});

test("huge and tiny numbers are written with an exponent", () => {
  assert.equal(shown([-3.2e12, 1e12, 4e11, -4e12, 5e12])[0], "−3.2000e12");
  assert.deepEqual(shown([-3.2088e-9, -3.1997e-9, 7.1882e-12, -3.21e-9, 0]), ["−3.2088e−9", "−3.1997e−9", "7.19e−12", "−3.2100e−9", "0"]);
  assert.equal(shown([2e-7, 2e-7, 1e-8, 1e-7, 3e-7])[0], "2.0000e-7".replace("-", "−"));
});

test("the digits don't flicker when the spread goes to and fro over a power of ten", () => {
  let style = null;
  const seen = new Set();
  for (let i = 0; i < 100; i++) {
    style = numberStyle(style, [20.5, 20.5, i % 2 ? 0.98 : 1.05, 18.2, 22.7]);
    seen.add(style.decimals);
  }
  assert.equal(seen.size, 1);
});

test("the digits follow a spread that really changes", () => {
  const first = numberStyle(null, [20.5, 20.5, 1, 18.2, 22.7]);
  assert.ok(numberStyle(first, [20.5, 20.5, 0.001, 20.49, 20.51]).decimals > first.decimals);
});

test("readings that were fractions once are never taken for whole numbers again", () => {
  const style = numberStyle(numberStyle(null, [1.5, 2, 0.5, 1, 3]), [2, 2, 0.5, 1, 3]);
  assert.equal(numberText(2, style, true), "2.000");
});

test("there is no minus zero", () => {
  assert.equal(numberText(-0.0001, { decimals: 1, isExponential: false, isWhole: false }), "0.0");
});

test("counts have thousands separators", () => {
  assert.equal(countText(1234567), "1,234,567");
  assert.equal(countText(999), "999");
  assert.equal(countText(null), "–");
});

test("rates are per second, minute or hour", () => {
  assert.deepEqual(rateText(1), { text: "1.00", unit: "/s" });
  assert.deepEqual(rateText(48000), { text: "48,000", unit: "/s" });
  assert.deepEqual(rateText(1 / 60), { text: "1.00", unit: "/min" });
  assert.deepEqual(rateText(1 / 3600), { text: "1.00", unit: "/h" });
  assert.deepEqual(rateText(null), { text: "–", unit: "/s" });
});

test("durations are said as people say them", () => {
  assert.deepEqual([0.4, 12, 125, 7260].map(lastedText), ["0.4 s", "12 s", "2 min 5 s", "2 h 1 min"]);
});

test("a field shows all digits of a limit and reads them back", () => {
  for (const value of [90, -5.25, 1e-9, 123456789.123]) assert.equal(readNumber(fieldText(value)).value, value);
});

test("numbers are read as people type them, or refused with a reason", () => {
  assert.equal(readNumber(" 1,5 ").value, 1.5);
  assert.equal(readNumber("−3").value, -3);
  assert.equal(readNumber(".5e3").value, 500);
  assert.match(readNumber("1,500").error, /1500.*1\.500/);
  for (const typed of ["", "ten", "0x10", "1e999", "1_0", "--3", "NaN", "Infinity", "1 2"]) {
    assert.ok(readNumber(typed).error, typed);
  }
});

test("windows are checked as the kernel checks them", () => {
  for (const typed of ["90s", "1000", "2h30min", "all", "1.5 h", "500ms"]) assert.equal(readWindow(typed).value, typed);
  for (const typed of ["", "0", "0s", "-5s", "5 lightyears", "s", "1e9s", "9".repeat(80)]) {
    assert.ok(readWindow(typed).error, typed);
  }
});

test("a panel says why it stands still", () => {
  assert.equal(linkNote("live", 0, null), "");
  assert.match(linkNote("disconnected", 12.4, null), /12 s/);
  assert.match(linkNote("live", 0, "replaced"), /replaced/);
});

test("ages and counts read as people say them", () => {
  assert.deepEqual([3, 200, 7400, 86_400 * 203, 86_400 * 4665].map(ageText), ["3 s", "3 min", "2 h 3 min", "203 days", "12.8 years"]);
  assert.deepEqual([0, 1, 22_684].map(readingsText), ["0 readings", "1 reading", "22,684 readings"]);
});

test("how many readings a point stands for is told roughly, so that it rests", () => {
  assert.deepEqual([1, 1.44, 37.4, 1234].map(perPointText), ["", "≈1.4 readings/point", "≈37 readings/point", "≈1,200 readings/point"]);
});
