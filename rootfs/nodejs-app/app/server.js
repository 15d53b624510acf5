'use strict';
// The sample application: a page, health endpoints that can be made to fail, and a clean end.
//
//   GET /                     a page that names the pod
//   GET /healthz, /readyz     200, or 500 while that endpoint is made to fail
//   GET|POST /fail/NAME       makes healthz or readyz fail; also the file FAIL_DIR/NAME does
//   GET|POST /recover/NAME    ends that (and removes the file)
//   GET /version              {"pod": …, "version": …} as JSON
//   GET /slow?ms=500          answers late, to watch a graceful end
//   GET /crash                ends the process with exit code 1

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const port = Number(process.env.PORT || 3000);
const version = process.env.APP_VERSION || 'v1.0.0';
const pod = process.env.HOSTNAME || os.hostname();
const failDirectory = process.env.FAIL_DIR || '/tmp/fail';
const maximumSlowMs = 60_000;
// After SIGTERM new connections are still served for this long, while the cluster takes the pod out of its Services.
const drainMs = Number(process.env.DRAIN_MS || 500);

const checks = ['healthz', 'readyz'];
const failing = new Set();
let stopping = false;

function isFailing(name) {
  return failing.has(name) || fs.existsSync(path.join(failDirectory, name));
}

function text(response, status, body, type = 'text/plain; charset=utf-8') {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function page() {
  const rows = checks.map((name) => `<li>/${name}: ${isFailing(name) ? 'failing' : 'ok'}</li>`).join('');
  return `<!DOCTYPE html>
<html lang="en"><head><title>nodejs-app</title></head>
<body><h1>Hello from nodejs-app</h1>
<p>Pod <code>${pod}</code>, version <code>${version}</code>, up ${Math.round(process.uptime())} s</p>
<ul>${rows}</ul></body></html>
`;
}

function check(response, name) {
  if (isFailing(name)) return text(response, 500, `${name} is made to fail\n`);
  if (name === 'readyz' && stopping) return text(response, 503, 'stopping\n');
  return text(response, 200, 'ok\n');
}

function change(response, action, name) {
  if (!checks.includes(name)) return text(response, 404, `no check ${name}; there are ${checks.join(' and ')}\n`);
  if (action === 'fail') {
    failing.add(name);
  } else {
    failing.delete(name);
    fs.rmSync(path.join(failDirectory, name), { force: true });
  }
  return text(response, 200, `${name} ${action === 'fail' ? 'fails' : 'works'} from now on\n`);
}

function route(request, response) {
  const url = new URL(request.url, 'http://pod');
  const [first, second] = url.pathname.split('/').slice(1);
  if (!['GET', 'HEAD', 'POST'].includes(request.method)) return text(response, 405, 'method not allowed\n');
  if (url.pathname === '/') return text(response, 200, page(), 'text/html; charset=utf-8');
  if (checks.includes(first) && second === undefined) return check(response, first);
  if ((first === 'fail' || first === 'recover') && second) return change(response, first, second);
  if (url.pathname === '/version') {
    return text(response, 200, JSON.stringify({ pod, version }) + '\n', 'application/json');
  }
  if (url.pathname === '/slow') {
    const delayMs = Math.min(Math.max(Number(url.searchParams.get('ms')) || 1000, 0), maximumSlowMs);
    return setTimeout(() => text(response, 200, `after ${delayMs} ms\n`), delayMs);
  }
  if (url.pathname === '/crash') {
    response.on('finish', () => process.exit(1));
    return text(response, 200, 'good bye\n');
  }
  return text(response, 404, 'not found\n');
}

const server = http.createServer((request, response) => {
  const start = process.hrtime.bigint();
  response.on('close', () => {
    if (stopping) setImmediate(() => server.closeIdleConnections());
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    console.log(`${new Date().toISOString()} ${request.method} ${request.url} ${response.statusCode} ${ms.toFixed(1)}ms`);
  });
  // While stopping, a client must not reuse the connection.
  if (stopping) response.setHeader('Connection', 'close');
  route(request, response);
});

function stop(signal) {
  if (stopping) return;
  stopping = true;
  console.log(`${signal}: finishing open requests`);
  setTimeout(() => {
    server.close(() => {
      console.log('stopped');
      process.exit(0);
    });
    server.closeIdleConnections();
  }, drainMs);
}

process.on('SIGTERM', () => stop('SIGTERM'));
process.on('SIGINT', () => stop('SIGINT'));
server.listen(port, () => console.log(`nodejs-app ${version} listens on port ${port} as ${pod}`));
