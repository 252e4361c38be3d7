import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../api/static",
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500,
    target: "es2022",
    rolldownOptions: { input: ["index.html", "docs/index.html"] },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/tiles": "http://127.0.0.1:8000" } },
});
