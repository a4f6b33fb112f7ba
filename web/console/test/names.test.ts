import { describe, expect, it } from "vitest";
import { calledAs, initials, nameMatches } from "@/lib/names";

describe("names of colleagues", () => {
  it.each([
    ["陈小雨", "cxy"],
    ["周主管", "zzg"],
    ["欧阳凯文", "oykw"],
    ["Sun 凯", "sun k"],
    ["阿哲", "az"],
  ])("%s begins with %s", (name, letters) => expect(initials(name)).toBe(letters));

  it("finds somebody by either name, and by pinyin", () => {
    const person = { name: "周妍", display_name: "周主管" };
    expect(calledAs(person)).toBe("周主管");
    expect(calledAs({ name: "周妍", display_name: "" })).toBe("周妍");
    for (const word of ["周妍", "主管", "zzg", "ZY", ""])
      expect(nameMatches(word, person.display_name, person.name), word).toBe(true);
    expect(nameMatches("li", person.display_name, person.name, null)).toBe(false);
  });
});
