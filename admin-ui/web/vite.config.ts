import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// One script and one style sheet with relative addresses: the page works below any prefix of a proxy.
export default defineConfig({
  base: './',
  plugins: [svelte({ configFile: false })],
  resolve: { conditions: ['browser'] },
  build: { target: 'es2022', cssCodeSplit: false, modulePreload: false, assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
});
