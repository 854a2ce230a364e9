import { parseArgs } from 'node:util'

import { ConfigError } from '@signalbox/config'

export interface StartArguments {
  help: boolean
  sample: boolean
  port: number | undefined
  dataDir: string | undefined
}

export const HELP = `Usage: npm start [-- OPTIONS]

Brings up Signalbox on this machine: every service in one process, with embedded
stores, and the sample knowledge laid in. Needs nothing but Node and npm.

Options
  --port PORT    the gateway's port (default 8000, or PORT); the services behind it
                 take their own: orchestrator 8001, planner 8002, reasoning 8003,
                 rag 8004, scripted model 8010 (ORCHESTRATOR_PORT, PLANNER_PORT, …)
  --data FOLDER  where sessions, knowledge and logs are kept (default .signalbox, or DATA_DIR)
  --no-sample    do not lay in the sample knowledge (or SAMPLE_KNOWLEDGE=false)
  --help         this text

Environment (also read from .env; all of it is in .env.example)
  OPENAI_API_KEY, LLM_BASE_URL, LLM_MODEL   the model; without them a scripted one stands in
  SIGNALBOX_API_KEYS                        the keys that callers use; without it one is made
  HOST                                      where the gateway listens (default 127.0.0.1)
`

/** @throws ConfigError for an option that is not one. */
export function readArguments(words: string[]): StartArguments {
  try {
    const { values } = parseArgs({
      args: words,
      options: { 'help': { type: 'boolean', short: 'h' }, 'port': { type: 'string' }, 'data': { type: 'string' }, 'no-sample': { type: 'boolean' } },
    })
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw new Error(`--port ${values.port} is not a port`)
    return { help: values.help ?? false, sample: !values['no-sample'], port, dataDir: values.data }
  } catch (error) {
    throw new ConfigError('signalbox', [`${(error as Error).message}. See npm start -- --help`])
  }
}
