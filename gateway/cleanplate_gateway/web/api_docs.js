/* The API's pages, from the document of this installation. */
const place = document.getElementById("api");
globalThis.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    const token = document.querySelector('meta[name="csrf-token"]').content;
    request.headers["X-CSRF-Token"] = token;
    return request;
  },
});
