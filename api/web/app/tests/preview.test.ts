import { expect, test } from "vitest";
import { frameUrl, previewUrl } from "../src/console/file/preview";

test("another attempt has another address", () => {
  expect(previewUrl({ id: "sub_1", attempt: 1 }, "picture.jpg")).toBe("/web/submissions/sub_1/picture.jpg?attempt=1");
  expect(frameUrl({ id: "sub_1", attempt: 2 }, 3)).toBe("/web/submissions/sub_1/frames/3.jpg?attempt=2");
});
