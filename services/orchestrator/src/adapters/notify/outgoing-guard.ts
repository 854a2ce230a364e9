import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/* Where messages may go that operators address by URL. Whoever can write a URL into the configuration, or answer
   for a name in DNS, must not reach what only this machine can reach.

    1. Judged is the address that is connected to, never the name alone.
    2. Only addresses that are anybody's on the internet, and only ports 80 and 443, but for what is allowed by name.
    3. An allowed name never leads to link-local addresses, where clouds keep their credentials; those must be
       allowed as addresses. */

type Address = ReturnType<typeof ipaddr.parse>

/** One word of `NOTIFY_ALLOW_HOSTS`: whom, and on which ports; without ports it is 80 and 443. */
export interface Allowance {
  host: { name: string } | { suffix: string } | { range: [Address, number] }
  ports: number | 'any' | 'usual'
}

export interface Destination {
  hostname: string
  port: number
  address: string
}

const USUAL_PORTS: ReadonlySet<number> = new Set([80, 443])
/** Global unicast; beside it lie old and translated forms of IPv4 addresses, and what nobody should be sent to. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** `hooks.internal`, `hooks.internal:8443`, `*.internal:*`, `10.0.0.0/8`, `[fd00::/8]:8443`. */
export const allowanceSchema = z.string().transform((text, context): Allowance => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}|\*))?$/.exec(text) ?? []
  const host = toHost(bracketed ?? plain ?? '', bracketed !== undefined)
  if (host && (port === undefined || port === '*' || isPort(Number(port)))) {
    return { host, ports: port === undefined ? 'usual' : port === '*' ? 'any' : Number(port) }
  }
  context.addIssue({ code: 'custom', message: 'is not a host, *.domain, address or range of addresses, with or without a port' })
  return z.NEVER
})

/** Why a connection is refused, in words for the operator; undefined where it is not. */
export function refusalOf(destination: Destination, allowances: readonly Allowance[]): string | undefined {
  const { hostname, port, address } = destination
  if (!ipaddr.isValid(address)) return `${hostname} has no address.`
  const parsed = ipaddr.parse(address)
  if (isPublic(parsed) && USUAL_PORTS.has(port)) return undefined
  if (allowances.some((allowance) => allows(allowance, { name: toName(hostname), port, address: parsed }))) return undefined
  return isPublic(parsed) ? `Port ${port} is not allowed.` : `${hostname} leads to an address that is not public.`
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return isIPv4(address) || address.match(GLOBAL_IPV6)
}

function allows({ host, ports }: Allowance, destination: { name: string; port: number; address: Address }): boolean {
  const { name, port, address } = destination
  if (ports === 'usual' ? !USUAL_PORTS.has(port) : ports !== 'any' && ports !== port) return false
  if ('range' in host) return address.kind() === host.range[0].kind() && address.match(host.range)
  if (isLinkLocal(address)) return false
  return 'name' in host ? name === host.name : name.endsWith(host.suffix)
}

/** Also where an IPv4 address is written as one of IPv6. */
function isLinkLocal(address: Address): boolean {
  if (isIPv4(address)) return address.range() === 'linkLocal'
  const last = address.toByteArray().slice(-4)
  return address.range() === 'linkLocal' || (!address.match(GLOBAL_IPV6) && last[0] === 169 && last[1] === 254)
}

function isIPv4(address: Address): address is ReturnType<typeof ipaddr.IPv4.parse> {
  return address.kind() === 'ipv4'
}

function toHost(text: string, isBracketed: boolean): Allowance['host'] | undefined {
  if (ipaddr.isValidCIDR(text)) return { range: ipaddr.parseCIDR(text) }
  if (ipaddr.isValid(text) && (isBracketed || ipaddr.IPv4.isValidFourPartDecimal(text))) return { range: [ipaddr.parse(text), text.includes(':') ? 128 : 32] }
  if (isBracketed || !/^(\*\.)?[\w-]+(\.[\w-]+)*\.?$/.test(text)) return undefined
  return text.startsWith('*.') ? { suffix: toName(text.slice(1)) } : { name: toName(text) }
}

/** `Example.COM.` and `example.com` are one name. */
function toName(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '')
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}
