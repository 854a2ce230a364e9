import { gatewayConfigSchema, openGateway } from '@signalbox/gateway'
import { readConfig } from '@signalbox/config'
import { listen } from '@signalbox/service-kit'

import { answerUsage } from './answer-usage.ts'

/** The gateway as it runs in production: key check, validation, routing rules, a log line and metrics on. */
const config = readConfig('gateway', gatewayConfigSchema, process.env)
const listening = await listen(await openGateway(config), { host: '127.0.0.1', port: 0, guarded: true })
process.send?.({ port: Number(new URL(listening.url).port) })
answerUsage()
