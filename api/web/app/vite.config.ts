// One build, three pages. What it writes is served by api/web/routes.py.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  build: {
    outDir: fileURLToPath(new URL("../dist", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The first browsers with `light-dark()`, by which every colour is declared once.
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
    // Nothing is inlined: the Content-Security-Policy allows neither inline scripts nor styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["console.html", "capture.html", "ops.html"] },
  },
});
