import { defineConfig } from "vite";

export default defineConfig({
  build: {
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: "es2023",
  },
});
