import { expect, test, vi } from "vitest";
import { ApiFailure } from "../src/shared/failure";
import { asFailure } from "../src/shared/loading";

test("whatever went wrong can be shown, and a fault of our own is told to the browser too", () => {
  const told = vi.fn();
  vi.stubGlobal("reportError", told);
  const refused = new ApiFailure("No.", 403, "forbidden", null);
  expect(asFailure(refused)).toBe(refused);
  expect(told).not.toHaveBeenCalled();
  const fault = new TypeError("it is undefined");
  expect(asFailure(fault)).toMatchObject({ name: "ApiFailure", message: "it is undefined", status: 0 });
  expect(told).toHaveBeenCalledExactlyOnceWith(fault);
  vi.unstubAllGlobals();
});
