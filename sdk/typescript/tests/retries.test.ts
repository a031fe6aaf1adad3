import { expect, test } from "vitest";
import { apiError, ConnectionError, IdempotencyConflictError, TimeoutError, ValidationError } from "../src/errors.js";
import { pauseSeconds, wasNotBegun } from "../src/retries.js";

function answer(status: number, retryAfter?: string): unknown {
  return apiError(status, new Headers(retryAfter === undefined ? {} : { "Retry-After": retryAfter }), "");
}

function told(status: number, type: string, code = type): unknown {
  return apiError(status, new Headers(), JSON.stringify({ error: { type, code, message: "so it is" } }));
}

test.each([
  // what went wrong, retries so far, random, pause
  ["a lost connection", new ConnectionError("reset"), 0, 0.5, 0.25],
  ["its second time", new ConnectionError("reset"), 1, 0.5, 0.5],
  ["its fourth", new ConnectionError("reset"), 3, 0.5, 2],
  ["the bound", new ConnectionError("reset"), 9, 0.5, 4],
  ["no jitter", new ConnectionError("reset"), 3, 0, 0],
  ["no answer in time", new TimeoutError("slow"), 0, 0.5, 0.25],
  ["429", answer(429), 0, 0.5, 0.25],
  ["502", answer(502), 0, 0.5, 0.25],
  ["503", answer(503), 0, 0.5, 0.25],
  ["504", answer(504), 0, 0.5, 0.25],
  ["seconds that are asked for", answer(503, "7"), 0, 0.5, 7.25],
  ["a pause that is too long", answer(503, "61"), 0, 0.5, null],
  ["a date that has passed", answer(503, "Thu, 01 Jan 1970 00:00:00 GMT"), 0, 0.5, 0.25],
  ["what is no time", answer(503, "soon"), 0, 0.5, 0.25],
  ["a key that is under way", told(409, "idempotency_conflict"), 0, 0.5, 0.25],
  ["a conflict", told(409, "conflict"), 0, 0.5, null],
  ["400", answer(400), 0, 0.5, null],
  ["401", answer(401), 0, 0.5, null],
  ["404", answer(404), 0, 0.5, null],
  ["422", told(422, "idempotency_error"), 0, 0.5, null],
  ["500", answer(500), 0, 0.5, null],
  ["a redirect", answer(301), 0, 0.5, null],
  ["a fault of the program", new RangeError("no"), 0, 0.5, null],
  ["retries that are used up", new ConnectionError("reset"), 10, 0.5, null],
])("pause after %s", (_, error, retry, random, pause) => {
  expect(pauseSeconds(error, retry, 10, random)).toBe(pause);
});

function met(code: string): ConnectionError {
  const cause = new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
  return new ConnectionError("the connection failed", { cause });
}

test.each([
  ["a refused connection", met("ECONNREFUSED"), true],
  ["a name that is not found", met("ENOTFOUND"), true],
  ["a connection that takes too long", met("UND_ERR_CONNECT_TIMEOUT"), true],
  ["a reset", met("ECONNRESET"), false],
  ["an answer that takes too long", met("UND_ERR_HEADERS_TIMEOUT"), false],
  ["what a browser says", new ConnectionError("failed", { cause: new TypeError("Failed to fetch") }), false],
  ["no answer in time", new TimeoutError("slow"), false],
  ["429", answer(429), true],
  ["503", answer(503), true],
  ["what the engine has failed at", told(503, "overloaded", "engine_failed"), false],
  ["502", answer(502), false],
  ["504", answer(504), false],
  ["a key that is under way", told(409, "idempotency_conflict"), false],
])("whether the server has not begun after %s", (_, error, is) => {
  expect(wasNotBegun(error)).toBe(is);
});

test("a date that is asked for is waited for", () => {
  const soon = new Date(Date.now() + 30_000).toUTCString();
  const pause = pauseSeconds(answer(503, soon), 0, 1, 0);
  expect(pause).toBeGreaterThan(25);
  expect(pause).toBeLessThanOrEqual(30);
});

test("errors have what the response says", () => {
  const details = [{ field: "quantity", message: "too many" }];
  const error = {
    type: "validation_error",
    code: "quantity_range",
    message: "no",
    param: "quantity",
    request_id: "req_1",
    details,
  };
  const made = apiError(400, new Headers({ "Retry-After": "3" }), JSON.stringify({ error }));
  expect(made).toBeInstanceOf(ValidationError);
  expect(made).toMatchObject({
    name: "ValidationError",
    message: "no",
    status: 400,
    type: "validation_error",
    code: "quantity_range",
    param: "quantity",
    requestId: "req_1",
    details,
    retryAfterSeconds: 3,
  });
  expect(told(409, "idempotency_conflict")).toBeInstanceOf(IdempotencyConflictError);
});
