/** One line of uidMappings or gidMappings, runtime-spec config-linux.md#user-namespace-mappings. */
export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}
