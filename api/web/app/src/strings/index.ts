// Every word that a person reads, in one place. Another language is another folder of the same shape.
import { capture } from "./en/capture";
import { consoleStrings } from "./en/console";
import { ops } from "./en/ops";
import { shared } from "./en/shared";

export const strings = { ...shared, capture, console: consoleStrings, ops };
