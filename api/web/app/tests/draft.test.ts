import { describe, expect, it } from "vitest";
import { costOf, EMPTY_DRAFT, isDescribed, requestOf, requirementsOf, scoreFormOf } from "../src/console/jobs/draft";

const DRAFT = { ...EMPTY_DRAFT, description: "  Photos of menus  ", quantity: "50", reward: "25" };

describe("the draft of a job", () => {
  it("costs what it holds", () => {
    expect(costOf(DRAFT)).toBe(1250);
    expect(costOf({ ...DRAFT, reward: "" })).toBeNull();
    expect(costOf({ ...DRAFT, quantity: "1e3" })).toBeNull();
  });

  it("leaves out what was not filled in", () => {
    expect(requestOf(DRAFT)).toEqual({
      description: "Photos of menus",
      content_type: "image",
      file_formats: [],
      quantity: 50,
      reward_per_file: 25,
      min_star_rating: 3,
      requirements: {},
      keep_location: false,
    });
  });

  it("sends what is no number as it is, so that the API says what is wrong", () => {
    expect(requestOf({ ...DRAFT, quantity: "many" }).quantity).toBe("many");
  });

  it("sends a width that is no number as it is too", () => {
    expect(requirementsOf({ ...DRAFT, minWidth: "wide" })).toEqual({ min_width: "wide" });
  });

  it("takes what most jobs leave as it is", () => {
    const filled = {
      ...DRAFT,
      criteria: " Prices can be read ",
      atATime: "3",
      maxWorkers: "7",
      lat: "48.2",
      lng: "-16.4",
      radius: "",
      metadata: "campaign = autumn\nformula = a=b",
    };
    expect(requestOf(filled)).toMatchObject({
      scoring_criteria: "Prices can be read",
      files_per_submission: 3,
      max_workers: 7,
      location: { lat: 48.2, lng: -16.4 },
      metadata: { campaign: "autumn", formula: "a=b" },
    });
    expect(costOf(filled)).toBe(1250);
  });

  it("asks only for what suits the kind of file", () => {
    const filled = {
      ...DRAFT,
      minWidth: "800",
      minSeconds: "2.5",
      language: "en",
      mustShow: "a cup\n\n a spoon ",
      forbidFaces: true,
    };
    expect(requirementsOf(filled)).toEqual({ min_width: 800, must_show: ["a cup", "a spoon"], forbid_faces: true });
    expect(requirementsOf({ ...filled, kind: "audio" })).toEqual({ min_duration_seconds: 2.5, language: "en" });
  });

  it("is tried with the formats that the job takes", () => {
    const form = scoreFormOf({ ...DRAFT, formats: ["jpeg", "heic"] }, new File(["x"], "menu.png"));
    expect(Object.fromEntries(form)).toMatchObject({ content_type: "image", file_formats: "jpeg,heic" });
    expect([...form.keys()].at(-1)).toBe("file");
  });

  it("can be tried once it is described", () => {
    expect(isDescribed({ ...DRAFT, description: "Too short" })).toBe(false);
    expect(isDescribed(DRAFT)).toBe(true);
  });
});
