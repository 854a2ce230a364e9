import { createHmac } from 'node:crypto'

import { hashOf, toCanonicalJson, type Action } from '@signalbox/contracts'

import { secretsIn } from './secrets.ts'

type Json = Action['args']

/**
 * Where the secrets of arguments stand, by JSON pointer, and the key that stands between them and whoever guesses: a
 * plain hash of a PIN is as good as the PIN. What was asked without a key, by an earlier version, keeps its plain hashes.
 */
export interface Sealed {
  secrets: readonly string[]
  seal: string | undefined
}

/** The key of an installation, made of a secret that it has for other things too. */
export function createSeal(secret: string): string {
  return createHmac('sha256', secret).update('signalbox approvals: masks and hashes of secrets').digest('base64url')
}

/** Stands for a secret: the same for the same value and key, and nothing to check a guess by. */
export function toMask(value: Json, seal: string | undefined): string {
  return seal === undefined ? `•••• (sha256 ${hashOf(value).slice(0, 8)})` : `•••• (keyed ${keyed('mask', value, seal).slice(0, 8)})`
}

export function looksMasked(value: unknown): value is string {
  return typeof value === 'string' && /^•••• \((?:sha256|keyed) [0-9a-f]{8}\)$/.test(value)
}

/**
 * Names the bytes of arguments: their sha256 where anybody may see them all, so that anybody can check it. Where a
 * secret is among them it is keyed, else the secret could be tried until the hash is right.
 */
export function bytesHash(args: Json, { secrets, seal }: Sealed): string {
  return seal === undefined || secretsIn(args, secrets).size === 0 ? hashOf(args) : keyed('bytes', args, seal)
}

/** What an ask's hashes and masks are made with. */
export function sealedBy({ action, seal }: { action: Pick<Action, 'secrets'>; seal?: string | undefined }): Sealed {
  return { secrets: action.secrets, seal }
}

function keyed(use: 'mask' | 'bytes', value: Json, seal: string): string {
  return createHmac('sha256', seal)
    .update(`${use}\n${toCanonicalJson(value)}`)
    .digest('hex')
}
