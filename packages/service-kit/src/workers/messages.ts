/** What the primary tells a worker: to drain and end, to end at once; and about metrics, to say its own or what all say together. */
export type ToWorker = { type: 'stop' } | { type: 'now' } | { type: 'say-metrics'; id: number } | { type: 'all-metrics'; id: number; text: string }

/** What a worker tells the primary. */
export type ToPrimary = { type: 'ready'; url: string } | { type: 'my-metrics'; id: number; text: string } | { type: 'ask-metrics'; id: number }
