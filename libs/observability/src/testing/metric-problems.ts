/** What breaks Prometheus's naming conventions in a text of metrics: much of what `promtool check metrics` finds. */
export function metricProblems(text: string): string[] {
  const help = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map((match) => match[1]));
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type = '']) => {
    const rules: [boolean, string][] = [
      [!help.has(name), 'no help'],
      [type === 'counter' && !name.endsWith('_total'), 'a counter ends in _total'],
      [type !== 'counter' && name.endsWith('_total'), 'only a counter ends in _total'],
      [!/^[a-z][a-z0-9_]*$/.test(name), 'lower case and underscores only'],
      [!/^(stackrunner|process|nodejs)_/.test(name), 'no prefix'],
      [/_(milliseconds|ms|minutes|hours|kilobytes|megabytes|percent)(_|$)/.test(name), 'use base units'],
      [/_(count|sum|bucket)$/.test(name), 'the ending belongs to histograms'],
    ];
    return rules.filter(([broken]) => broken).map(([, problem]) => `${name}: ${problem}`);
  });
}
