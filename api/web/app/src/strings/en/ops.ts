export const ops = { title: "Operations" };
