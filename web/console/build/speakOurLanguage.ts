import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const WORDS = fileURLToPath(new URL("../src/app/libraryWords.ts", import.meta.url));

/**
 * Libraries hold a few English words for screen readers that no property of theirs replaces. Icons only repeat what
 * stands beside them, so they say nothing; the rest is asked of our catalogues.
 */
const CHANGES: [file: string, theirs: string, ours: string][] = [
  ["@ant-design/icons/es/components/AntdIcon.js", '"aria-label": icon.name', '"aria-hidden": true'],
  ["@ant-design/icons/es/components/AntdIconLight.js", '"aria-label": icon.name', '"aria-hidden": true'],
  [
    "@rc-component/input-number/es/StepHandler.js",
    "isUpAction ? 'Increase Value' : 'Decrease Value'",
    'isUpAction ? libraryWord("increase") : libraryWord("decrease")',
  ],
  [
    "@rc-component/input/es/BaseInput.js",
    'createElement("button", {\n        type: "button",',
    'createElement("button", {\n        type: "button",\n        "aria-label": libraryWord("clear"),',
  ],
  [
    "antd/es/input/Search.js",
    "className: btnClassName,\n      color:",
    '"aria-label": enterButton && enterButton !== true ? undefined : libraryWord("search"),\n      className: btnClassName,\n      color:',
  ],
  ["@rc-component/select/es/hooks/useAllowClear.js", "?? 'Clear'", '?? libraryWord("clear")'],
  ["@rc-component/segmented/es/index.js", '"segmented control"', 'libraryWord("choose_one")'],
  ["@rc-component/tabs/es/TabNavList/OperationNode.js", "'expanded dropdown'", 'libraryWord("more_tabs")'],
  [
    "antd/es/table/hooks/useSelection.js",
    "customizeSelections ? 'Custom selection' : 'Select all'",
    'libraryWord("select_all")',
  ],
  [
    "antd/es/table/hooks/useSelection.js",
    "`Row ${index + 1} selected` : `Select row ${index + 1}`",
    'libraryWord("row_selected", { n: index + 1 }) : libraryWord("select_row", { n: index + 1 })',
  ],
];

export function speakOurLanguage(): Plugin {
  return {
    name: "speak-our-language",
    // Development servers bundle dependencies beforehand and keep the English words; what is shipped does not.
    apply: "build",
    transform(code, id) {
      const path = id.replaceAll("\\", "/");
      const changes = CHANGES.filter(([file]) => path.endsWith(`/node_modules/${file}`));
      if (!changes.length) return null;
      let changed = code;
      for (const [file, theirs, ours] of changes) {
        if (!changed.includes(theirs)) this.error(`${file} no longer says ${theirs}: look what it says now`);
        changed = changed.replaceAll(theirs, ours);
      }
      if (changed.includes("libraryWord("))
        changed = `import { libraryWord } from ${JSON.stringify(WORDS)};\n${changed}`;
      return { code: changed, map: null };
    },
  };
}
