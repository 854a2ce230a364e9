// `npm run verify`: what people should not have to look for. Every check runs, so that all faults show.
import { spawnSync } from 'node:child_process'

const checks = [
  { name: 'import law between workspaces', command: 'turbo', words: ['boundaries', '--no-color'] },
  { name: 'import law within services', command: 'node', words: ['scripts/import-law.mjs'] },
  { name: 'format', command: 'oxfmt', words: ['--check', '.'] },
  { name: 'lint', command: 'oxlint', words: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: 'tsc', words: ['--noEmit'] },
  { name: 'types of the console', command: 'tsc', words: ['--noEmit', '-p', 'apps/console'] },
]

const results = checks.map(({ name, command, words }) => {
  const began = Date.now()
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    shell: process.platform === 'win32',
  })
  const passed = status === 0
  if (!passed) process.stdout.write(`\n── ${name} ──\n${stdout ?? ''}${stderr ?? ''}${error ? `${command} cannot be run: ${error.message}` : ''}\n`)
  return `${passed ? '✓' : '✗'} ${name} (${((Date.now() - began) / 1_000).toFixed(1)} s)`
})
process.stdout.write(`${results.join('\n')}\n`)
process.exitCode = results.some((line) => line.startsWith('✗')) ? 1 : 0
