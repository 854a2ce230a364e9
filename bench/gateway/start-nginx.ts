import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startProgram, type MeasuredProcess } from './measured-process.ts'

/** nginx as a proxy before the upstream, with one worker and kept-alive connections; undefined where this machine has none. */
export async function startNginx(upstream: string): Promise<MeasuredProcess | undefined> {
  if (!isInstalled()) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'bench-nginx-'))
  const port = await findPort()
  await writeFile(join(folder, 'nginx.conf'), toConfiguration({ folder, port, upstream: new URL(upstream).host }))
  const nginx = await startProgram('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { port, folder })
  return {
    ...nginx,
    [Symbol.asyncDispose]: async () => {
      await nginx[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function isInstalled(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function toConfiguration({ folder, port, upstream }: { folder: string; port: number; upstream: string }): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 2048; }
http {
  access_log off; keepalive_requests 1000000000; ${places.join(' ')}
  upstream model { server ${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`
}

/** A port that was free a moment ago, for programs that must be told one. */
export async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
