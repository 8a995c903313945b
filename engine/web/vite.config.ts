import { defineConfig } from 'vite';

// What is built is embedded in the engine by `engine/build.rs`.
export default defineConfig({
  base: './',
  worker: { format: 'es' },
  build: {
    outDir: 'dist/page',
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` beside an engine that runs.
  server: {
    proxy: Object.fromEntries(
      ['/feed', '/wall', '/pictures'].map((path) => [
        path,
        { target: 'http://127.0.0.1:9464', ws: path === '/feed' },
      ]),
    ),
  },
});
