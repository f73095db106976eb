// The least that Node can do: answers every request with the same octets and headers. Prints its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [headers = '{}', body = ''] = process.argv.slice(2);
const answer = Buffer.from(body, 'base64');
const fields = { ...JSON.parse(headers), 'content-length': answer.length };
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => response.writeHead(200, fields).end(answer));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
