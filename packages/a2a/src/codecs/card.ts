import { A2A_PROTOCOL_VERSION, AgentCard as WireCard } from '@a2a-js/sdk'
import { AppError } from '@signalbox/errors'

import type { AgentCard } from '../model.ts'
import { readWire } from './read-wire.ts'
import { cardSchema } from './wire-schemas.ts'

/** Where the HTTP+JSON binding stands, below the agent's URL. */
export const REST_PATH = '/v1'

const MODES = ['text/plain', 'application/json']

/**
 * A card as it is published. It goes through the SDK's `toJSON`, since the SDK's own object is not
 * the wire's shape wherever a security scheme stands in it; required lists that are empty come back in.
 */
export function toWireCard(card: AgentCard, options: { guarded: boolean }): Record<string, unknown> {
  const url = card.url.replace(/\/+$/, '')
  const wire = WireCard.toJSON({
    name: card.name,
    description: card.description,
    version: card.version,
    supportedInterfaces: [
      { url: `${url}/`, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: A2A_PROTOCOL_VERSION },
      { url: `${url}${REST_PATH}`, protocolBinding: 'HTTP+JSON', tenant: '', protocolVersion: A2A_PROTOCOL_VERSION },
    ],
    provider: undefined,
    capabilities: {
      streaming: card.streaming,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: card.extensions.map((uri) => ({ uri, description: '', required: false, params: undefined })),
    },
    securitySchemes: options.guarded
      ? { service: { scheme: { $case: 'httpAuthSecurityScheme', value: { description: 'The service token', scheme: 'Bearer', bearerFormat: '' } } } }
      : {},
    securityRequirements: options.guarded ? [{ schemes: { service: { list: [] } } }] : [],
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    skills: card.skills.map((skill) => ({ ...skill, examples: skill.examples ?? [], inputModes: [], outputModes: [], securityRequirements: [] })),
    signatures: [],
  }) as Record<string, unknown>
  return { ...wire, description: card.description, version: card.version, skills: wire['skills'] ?? [] }
}

/** What a published card says. Its `url` is that of the first JSON-RPC interface of our protocol version. @throws AppError `upstream_invalid`. */
export function readCard(json: unknown): AgentCard {
  const card = readWire(cardSchema, json, { code: 'upstream_invalid', subject: 'The Agent Card is wrong' })
  const endpoint = card.supportedInterfaces.find(({ protocolBinding, protocolVersion }) => protocolBinding === 'JSONRPC' && isOurVersion(protocolVersion))
  if (!endpoint) throw new AppError('upstream_invalid', `The agent "${card.name}" offers no JSON-RPC interface of A2A ${A2A_PROTOCOL_VERSION}.`)
  return {
    name: card.name,
    description: card.description,
    version: card.version,
    url: endpoint.url,
    skills: (card.skills ?? []).map(({ id, name, description, tags, examples }) => ({
      id,
      name,
      description,
      tags: tags ?? [],
      ...(examples && { examples }),
    })),
    extensions: (card.capabilities?.extensions ?? []).map(({ uri }) => uri),
    streaming: card.capabilities?.streaming ?? false,
  }
}

/** Only the major number breaks; a patch number is ignored (section 3.6). */
function isOurVersion(version: string | undefined): boolean {
  return version === undefined || version.split('.')[0] === A2A_PROTOCOL_VERSION.split('.')[0]
}
