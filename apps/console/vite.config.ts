import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The gateway that a console in development talks to. */
const gateway = process.env['SIGNALBOX_URL'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/console/',
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2023',
    sourcemap: false,
    // The content policy allows no inline scripts, and small files are cheap to fetch from where the page is from.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/console/api': gateway } },
})
