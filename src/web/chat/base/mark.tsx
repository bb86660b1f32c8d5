/** The logo: two speech bubbles, one in front of the other. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <path
      class="mark-back"
      d="M18 13h6a5 5 0 0 1 5 5v3a5 5 0 0 1-5 5v3.2a.6.6 0 0 1-1.03.43L19.6 26H18a5 5 0 0 1-5-5v-3a5 5 0 0 1 5-5Z"
    />
    <path
      class="mark-front"
      d="M9 3h9a6 6 0 0 1 6 6v4a6 6 0 0 1-6 6h-4.5l-4.47 4.5a.6.6 0 0 1-1.03-.43V19A6 6 0 0 1 3 13V9a6 6 0 0 1 6-6Z"
    />
  </svg>
);
