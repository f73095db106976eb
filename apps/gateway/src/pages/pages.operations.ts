import { type Operation, textFile } from '../openapi/operation.js';

const document = {
  status: 200,
  description: 'The document of the account pages.',
  content: { 'text/html': textFile },
} as const;

export const pagesOperations: readonly Operation[] = [
  {
    tag: 'account',
    method: 'GET',
    path: '/',
    id: 'home',
    summary: 'To the account pages',
    answer: { status: 303, description: 'To /dashboard.', content: {}, headers: { Location: '/dashboard' } },
    errors: [],
  },
  {
    tag: 'account',
    method: 'GET',
    path: '/dashboard',
    id: 'dashboard',
    summary: 'The account pages',
    answer: document,
    errors: ['bad_path'],
  },
  {
    tag: 'account',
    method: 'GET',
    path: '/dashboard/{page}',
    id: 'dashboardPage',
    summary: 'One of the account pages',
    parameters: [{ name: 'page', in: 'path', description: 'Its name.', schema: { type: 'string' } }],
    answer: document,
    errors: ['bad_path'],
  },
  {
    tag: 'account',
    method: 'GET',
    path: '/dashboard/assets/{file}',
    id: 'dashboardAsset',
    summary: 'A script or style of the account pages',
    parameters: [{ name: 'file', in: 'path', description: 'Its name.', schema: { type: 'string' } }],
    answer: {
      ...document,
      description: 'The file.',
      content: { 'text/javascript': textFile, 'text/css': textFile },
    },
    errors: ['bad_path'],
  },
];
