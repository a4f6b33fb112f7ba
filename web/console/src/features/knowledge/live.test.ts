import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { textsChanged } from "./live";

it("reads again what shows texts, and nothing else", () => {
  const client = new QueryClient();
  const shown = ["/knowledge/faqs/1", "/knowledge/articles", "/knowledge/todo", "/knowledge/faqs/1/versions"];
  const others = ["/knowledge/imports/1", "/knowledge/gaps", "/customers/1"];
  for (const path of [...shown, ...others]) client.setQueryData([path, "one"], {});
  textsChanged(client);
  const old = (path: string) => client.getQueryState([path, "one"])?.isInvalidated;
  expect(shown.map(old)).toEqual([true, true, true, true]);
  expect(others.map(old)).toEqual([false, false, false]);
});
