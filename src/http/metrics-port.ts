/** Figures for Prometheus. */
export interface MetricsPort {
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}
