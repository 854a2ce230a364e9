import { consoleUserAddSchema, consoleUserChangeSchema, type ConsoleUser } from '@signalbox/contracts'
import type { Hono } from 'hono'

import type { ManageUsers } from '../../core/console/manage-users.ts'
import { userNameSchema, type User } from '../../core/console/user.ts'
import type { GatewayEnv } from '../gateway-env.ts'
import { withJson } from '../read-json.ts'
import { readActor, requireRole } from './guard.ts'

const LARGEST = 4 * 1_024

const addSchema = consoleUserAddSchema.extend({ name: userNameSchema })

/** `GET` and `POST /users`, `PATCH` and `DELETE /users/{id}`: for admins. A password that is made here is shown in this one answer and nowhere else. */
export function mountUsers(api: Hono<GatewayEnv>, users: ManageUsers): void {
  api.use('/users/*', requireRole('admin'))
  api.get('/users', async (c) => c.json({ object: 'list', data: (await users.list()).map(toView) }))
  api.post('/users', (c) =>
    withJson(c, { schema: addSchema, limit: LARGEST }, async (wanted) => {
      const { user, password } = await users.add(wanted, readActor(c))
      return c.json({ user: toView(user), password }, 201)
    }),
  )
  api.patch('/users/:id', (c) =>
    withJson(c, { schema: consoleUserChangeSchema, limit: LARGEST }, async ({ role, disabled, reset_password: resetPassword }) => {
      const { user, password } = await users.change(c.req.param('id'), { role, disabled, resetPassword }, readActor(c))
      return c.json({ user: toView(user), password })
    }),
  )
  api.delete('/users/:id', async (c) => {
    await users.remove(c.req.param('id'), readActor(c))
    return c.body(null, 204)
  })
}

function toView({ id, name, role, disabled, subject, createdAt, signedInAt }: User): ConsoleUser {
  return {
    id,
    name,
    role,
    disabled,
    sign_in: subject === null ? 'password' : 'oidc',
    created_at: new Date(createdAt).toISOString(),
    signed_in_at: signedInAt === null ? null : new Date(signedInAt).toISOString(),
  }
}
