import { build, defineConfig, type Plugin } from "vite";

const TARGET = "es2023";

export default defineConfig({
  plugins: [startWithin()],
  build: {
    outDir: "../functions/form_intake/dashboard",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: TARGET,
  },
});

/** Puts the first script and the style into the page, so that they need not be asked for. */
function startWithin(): Plugin {
  return {
    name: "start-within",
    apply: "build",
    enforce: "post",
    transformIndexHtml: {
      order: "post",
      handler: async (page, { bundle = {} }) => {
        const code = await bundled("src/start.ts");
        return page
          .replace('<script id="start"></script>', () => `<script>${code}</script>`)
          .replace('<script type="module"', '<script type="module" async')
          .replace(/<link rel="stylesheet"[^>]*href="\/([^"]+)">/, (_, file: string) => {
            const style = bundle[file];
            if (style?.type !== "asset") throw new Error(`${file} was not built`);
            delete bundle[file];
            return `<style>${style.source}</style>`;
          });
      },
    },
  };
}

/** One classic script of a module and what it imports. */
async function bundled(entry: string): Promise<string> {
  const results = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      target: TARGET,
      write: false,
      rollupOptions: {
        input: entry,
        output: { format: "iife" },
        treeshake: { moduleSideEffects: [entry] },
      },
    },
  });
  const [result] = [results].flat();
  if (!result || !("output" in result)) throw new Error(`${entry} was not bundled`);
  return result.output[0].code.trim();
}
