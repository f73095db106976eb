import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a Java application sees: leaf, intermediate, root; "ocsp" or "crl". Prints good or revoked. */
public class CheckRevocation {
  public static void main(String[] args) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    X509Certificate leaf = read(factory, args[0]);
    X509Certificate intermediate = read(factory, args[1]);
    TrustAnchor root = new TrustAnchor(read(factory, args[2]), null);
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
    boolean ocsp = args[3].equals("ocsp");
    if (!ocsp) {
      checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
    } else {
      // The intermediate has no OCSP: its root signs nothing but CRLs.
      checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.ONLY_END_ENTITY, PKIXRevocationChecker.Option.NO_FALLBACK));
    }
    PKIXParameters parameters = new PKIXParameters(Set.of(root));
    parameters.addCertPathChecker(checker);
    CertPath path = factory.generateCertPath(List.of(leaf, intermediate));
    try {
      validator.validate(path, parameters);
      System.out.println("good");
    } catch (CertPathValidatorException e) {
      boolean revoked = e.getCause() instanceof CertificateRevokedException
          || e.getReason() == CertPathValidatorException.BasicReason.REVOKED;
      System.out.println(revoked ? "revoked" : "failed: " + e);
    }
  }

  private static X509Certificate read(CertificateFactory factory, String file) throws Exception {
    try (FileInputStream in = new FileInputStream(file)) {
      return (X509Certificate) factory.generateCertificate(in);
    }
  }
}
