// `npm run dev`: every service as its own process, watched, with what they need to know of each other.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadEnvFile } from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const envFile = join(ROOT, '.env')
if (existsSync(envFile)) loadEnvFile(envFile)

// One PORT for all of them would be one port for all of them.
const { PORT, ...inherited } = process.env
if (PORT) process.stderr.write(`PORT=${PORT} is left out: in dev every service listens on its own default port.\n`)

const dataDir = resolve(process.env.DATA_DIR || join(ROOT, '.signalbox'))
mkdirSync(dataDir, { recursive: true, mode: 0o700 })
const kept = (file, prefix) => {
  const path = join(dataDir, file)
  if (!existsSync(path)) writeFileSync(path, `${prefix}${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  return readFileSync(path, 'utf8').trim()
}

const scripted = !process.env.OPENAI_API_KEY && !process.env.LLM_BASE_URL
const devKey = kept('dev-api-key', 'sbx_')
const environment = {
  ...inherited,
  DATA_DIR: dataDir,
  SERVICE_TOKEN: process.env.SERVICE_TOKEN || kept('service-token', 'sbt_'),
  SIGNALBOX_API_KEYS: process.env.SIGNALBOX_API_KEYS || `dev:${devKey}`,
  AGENT_URLS: ['http://127.0.0.1:8004', 'http://127.0.0.1:8003', process.env.AGENT_URLS].filter(Boolean).join(','),
  ...(scripted && { LLM_BASE_URL: 'http://127.0.0.1:8010/v1', LLM_MODEL: 'scripted-large', ROUTING_CLASSIFIER_MODEL: 'scripted-small' }),
  TURBO_TELEMETRY_DISABLED: '1',
}

process.stdout.write(
  `Gateway      http://127.0.0.1:8000/v1\nAPI key      ${process.env.SIGNALBOX_API_KEYS ? 'as set in SIGNALBOX_API_KEYS' : devKey}\nModel        ${scripted ? 'scripted' : process.env.LLM_MODEL || 'gpt-4o-mini'}\nData         ${dataDir}\n\n`,
)
const turbo = spawn('turbo', ['run', 'dev', '--ui=stream'], { cwd: ROOT, env: environment, stdio: 'inherit', shell: process.platform === 'win32' })
// The terminal tells turbo of Ctrl-C too; this process only waits for it to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => turbo.kill(signal))
turbo.on('exit', (code) => (process.exitCode = code ?? 0))
turbo.on('error', (error) => {
  process.stderr.write(`turbo cannot be run: ${error.message}\n`)
  process.exitCode = 1
})
