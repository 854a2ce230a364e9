export { openLocalRouter, type LocalQuestion, type LocalRouter, type LocalVerdict } from './local-router.ts'
