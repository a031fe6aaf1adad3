export const consoleStrings = { title: "Console" };
