import { Group, Loader, Text } from '@mantine/core';

export function Waiting({ what }: { readonly what: string }) {
  return (
    <Group role="status" gap="sm">
      <Loader size="sm" aria-hidden />
      <Text>{what}</Text>
    </Group>
  );
}
