import { Stack } from '@mantine/core';
import type { PageProps } from '../layout/app.js';
import { Heading } from '../layout/heading.js';

export default function UsagePage({ account }: PageProps) {
  return (
    <Stack>
      <Heading>{account.handle}</Heading>
    </Stack>
  );
}
