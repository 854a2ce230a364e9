import { parentPort, workerData } from 'node:worker_threads'

import { fitLsa } from '../../core/lsa.ts'
import { toBytes } from './lsa-model-file.ts'

/** Fits a model away from the thread that answers callers: a large corpus takes seconds. */
const corpus = (workerData as [string, number][][]).map((terms) => new Map(terms))
parentPort?.postMessage(toBytes(fitLsa(corpus)))
