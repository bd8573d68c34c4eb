//! An organisation's own software: a client of `admin.v1`, on the socket in the data folder or over TLS with a pin.

use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use wire::proto::admin::listing_service_client::ListingServiceClient;
use wire::proto::admin::referral_service_client::ReferralServiceClient;

/// A channel that shows a token with every call.
pub type Shown = InterceptedService<Channel, Token>;

/// What is shown with every call.
#[derive(Clone, Debug)]
pub struct Token(Option<MetadataValue<Ascii>>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// One connection of such software.
#[derive(Clone, Debug)]
pub struct Software {
    channel: Channel,
    token: Token,
}

/// How software gets in over TLS.
#[derive(Clone, Debug)]
pub struct Pin {
    /// `host:port`.
    pub listen: String,
    /// The certificate that is trusted, and no other: PEM.
    pub certificate: Vec<u8>,
    /// The name that it has to go by.
    pub name: &'static str,
    /// Versions of TLS that are offered.
    pub versions: &'static [&'static SupportedProtocolVersion],
}

impl Pin {
    /// As `token add` says it: the certificate in the data folder, on this port.
    pub fn of(data: &Path, listen: &str) -> Self {
        let certificate = std::fs::read(data.join("admin-cert.pem")).expect("a certificate");
        Self { listen: listen.to_owned(), certificate, name: "localhost", versions: rustls::ALL_VERSIONS }
    }
}

impl Software {
    /// On the socket in the data folder.
    pub async fn on_socket(data: &Path) -> Self {
        let socket = data.join("admin.sock");
        let connect = tower::service_fn(move |_: Uri| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(connect).await;
        Self { channel: channel.expect("the socket is open"), token: Token(None) }
    }

    /// Over TLS, without a token. Fails where the port does not show what is pinned.
    pub async fn over_tls(pin: &Pin) -> Result<Self, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(&pin.certificate).expect("a certificate as PEM");
        roots.add(certificate).expect("a certificate that can be trusted");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(pin.versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let (connector, pin) = (TlsConnector::from(Arc::new(config)), pin.clone());
        let connect = tower::service_fn(move |_: Uri| {
            let (connector, pin) = (connector.clone(), pin.clone());
            async move {
                let socket = TcpStream::connect(&pin.listen).await?;
                let name = ServerName::try_from(pin.name).map_err(std::io::Error::other)?;
                connector.connect(name, socket).await.map(TokioIo::new)
            }
        });
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(connect).await?;
        Ok(Self { channel, token: Token(None) })
    }

    /// The same connection, showing this as `authorization`.
    #[must_use]
    pub fn showing(&self, authorization: &str) -> Self {
        let value = authorization.parse().expect("it fits metadata");
        Self { channel: self.channel.clone(), token: Token(Some(value)) }
    }

    /// The same connection, with this API token.
    #[must_use]
    pub fn with(&self, token: &str) -> Self {
        self.showing(&format!("Bearer {token}"))
    }

    /// To ask about listings.
    pub fn listings(&self) -> ListingServiceClient<Shown> {
        ListingServiceClient::with_interceptor(self.channel.clone(), self.token.clone())
    }

    /// To ask about referrals.
    pub fn referrals(&self) -> ReferralServiceClient<Shown> {
        ReferralServiceClient::with_interceptor(self.channel.clone(), self.token.clone())
    }

    /// Calls any method, by its path, with a message that says nothing; of a stream, waits for the first message.
    pub async fn call(&self, path: &'static str) -> Result<(), Status> {
        let shown = InterceptedService::new(self.channel.clone(), self.token.clone());
        let mut grpc = Grpc::new(shown);
        grpc.ready().await.map_err(|e| Status::unknown(e.to_string()))?;
        let codec = ProstCodec::<(), ()>::default();
        let answer = grpc.server_streaming(Request::new(()), PathAndQuery::from_static(path), codec).await?;
        answer.into_inner().message().await.map(drop)
    }

    /// To ask whether all is well.
    pub fn health(&self) -> HealthClient<Shown> {
        HealthClient::with_interceptor(self.channel.clone(), self.token.clone())
    }

    /// To ask what can be asked.
    pub fn reflection(&self) -> ServerReflectionClient<Shown> {
        ServerReflectionClient::with_interceptor(self.channel.clone(), self.token.clone())
    }
}
