import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  type GetTranscriptRequest,
  type GetTranscriptResponseSchema,
  ProvisionerService,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { TranscriptService } from './transcript.service.js';

/** The transcript of `ProvisionerService`. */
@RpcController(ProvisionerService)
export class TranscriptController {
  constructor(@Inject(TranscriptService) private readonly transcripts: TranscriptService) {}

  @RpcMethod(ProvisionerService.method.getTranscript)
  async getTranscript({
    handle,
  }: GetTranscriptRequest): Promise<MessageInitShape<typeof GetTranscriptResponseSchema>> {
    return { transcript: await this.transcripts.get(handle) };
  }
}
