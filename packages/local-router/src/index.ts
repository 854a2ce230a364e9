export type { LocalRouter, LocalVerdict, LocalQuestion } from './local-router.ts'
