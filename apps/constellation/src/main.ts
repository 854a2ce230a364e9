import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { loadEnvFile } from 'node:process'

import { ConfigError, readConfig } from '@signalbox/config'
import { stopSignal } from '@signalbox/service-kit'

import { HELP, readArguments } from './arguments.ts'
import { renderBanner } from './banner.ts'
import { openDataFolder } from './data-folder.ts'
import { isLogLevel, openLogFile } from './log-file.ts'
import { openConstellation } from './open-constellation.ts'
import { readPorts } from './ports.ts'
import { createProgress } from './progress.ts'
import { layInSampleKnowledge, PROJECT_FOLDER } from './sample-knowledge.ts'
import { startConfigSchema } from './start-config.ts'

/** `npm start`: the whole constellation in one process, from nothing to a question answered. */
async function start(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2))
  if (wanted.help) return void process.stdout.write(HELP)
  const envFile = join(PROJECT_FOLDER, '.env')
  if (existsSync(envFile)) loadEnvFile(envFile)

  const own = readConfig('signalbox', startConfigSchema, process.env)
  const dataFolder = await openDataFolder(wanted.dataDir ?? own.DATA_DIR)
  const progress = createProgress(process.stderr)
  const log = openLogFile(dataFolder.logFile, process.stderr)
  const interrupted = new AbortController()
  const stopped = stopSignal().then(() => interrupted.abort())

  const constellation = await openConstellation({
    environment: process.env,
    dataFolder,
    ports: readPorts(process.env, wanted.port),
    telemetry: { logTo: log, otlpEndpoint: process.env['OTEL_EXPORTER_OTLP_ENDPOINT'], ...(isLogLevel(own.LOG_LEVEL) && { level: own.LOG_LEVEL }) },
    onProgress: progress.say,
  })
  try {
    const knowledge = await layInSampleKnowledge(constellation, {
      wanted: wanted.sample && own.SAMPLE_KNOWLEDGE,
      onProgress: progress.say,
      signal: interrupted.signal,
    })
    progress.end()
    if (!interrupted.signal.aborted) {
      process.stdout.write(
        renderBanner({
          baseUrl: constellation.urls.gateway,
          apiKey: constellation.apiKey,
          showKey: constellation.wiring.devKey,
          model: constellation.wiring.model,
          scripted: constellation.wiring.scripted,
          dataFolder: dataFolder.path,
          logFile: dataFolder.logFile,
          knowledge,
          consoleUrl: constellation.wiring.consoleUrl,
          consolePassword: constellation.consolePassword,
          seconds: performance.now() / 1_000,
        }),
      )
    }
    await stopped
  } finally {
    progress.end()
    process.stderr.write('\nStopping: what runs may come to an end. Ctrl-C again stops now.\n')
    void stopSignal().then(() => constellation.now())
    await constellation.stop()
    log.end()
  }
}

try {
  await start()
} catch (error) {
  process.exitCode = 1
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`\n${error.message}\n`)
}
