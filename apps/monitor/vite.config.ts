import { defineConfig } from 'vite';

// MILLRACE_DAEMON: where `npm run dev` finds a running daemon.
const daemon = process.env.MILLRACE_DAEMON ?? 'http://127.0.0.1:7480';
const target = { target: daemon, changeOrigin: true, ws: true };

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a data: address is not of this origin
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: { proxy: { '/v1': target, '/readyz': target, '/version': target } },
  test: { include: ['tests/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
