/** Whether the gateway is stopping: answers from then on ask their clients to connect anew, elsewhere. */
export interface Draining {
  now: boolean;
}
