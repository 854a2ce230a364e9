import type { Role } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'

import { sessionQuery } from './queries.ts'

const ROLES: readonly Role[] = ['viewer', 'approver', 'operator', 'admin']

export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Whether who is signed in may do what takes this role. */
export function useMay(needed: Role): boolean {
  const { data } = useQuery(sessionQuery)
  return data !== undefined && data !== null && mayActAs(data.user.role, needed)
}
