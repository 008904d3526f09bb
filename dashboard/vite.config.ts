import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../functions/form_intake/dashboard",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: "es2023",
  },
});
