import { everyKind, type FrameLint } from '../lint.js';

export const extensionsUniqueLint: FrameLint = {
  name: 'extensions-unique',
  citation: 'RFC 5280 §4.2',
  reads: 'frame',
  kinds: everyKind,
  check({ extensions }) {
    for (let index = 1; index < extensions.length; index++) {
      const type = extensions[index]?.oid;
      for (let other = 0; other < index; other++) {
        if (extensions[other]?.oid === type) return `the extension ${type} is there twice`;
      }
    }
    return undefined;
  },
};
